package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Runs a kernel as cruelly as its contract allows: operands of exact length at odd addresses between canaries, tiles
/// in random order and at the same time.
final class KernelRun {
    private static final int GUARD = 128;
    private static final byte CANARY = (byte) 0xA5;

    private KernelRun() {}

    /// The results of `kernel`, as bytes.
    static List<MemorySegment> run(KernelSpec spec, Kernel kernel, Random random, Tensor... inputs) {
        try (Arena arena = Arena.ofShared()) {
            List<MemorySegment> blocks = new ArrayList<>();
            MemorySegment[] in =
                    Arrays.stream(inputs)
                            .map(t -> guarded(arena, t.byteSize(), random, blocks).copyFrom(t.data()))
                            .toArray(MemorySegment[]::new);
            MemorySegment[] first = runOnce(spec, kernel, random, in, arena, blocks, false);
            MemorySegment[] second = runOnce(spec, kernel, random, in, arena, blocks, true);
            for (int i = 0; i < first.length; i++) {
                assertThat(same(spec, first[i], second[i]))
                        .as("%s: tiles in parallel give the same bits", name(spec))
                        .isTrue();
            }
            for (int i = 0; i < in.length; i++) {
                assertThat(in[i].mismatch(inputs[i].data()))
                        .as("%s: input %d is unchanged", name(spec), i)
                        .isEqualTo(-1);
            }
            blocks.forEach(block -> checkCanaries(spec, block));
            return Arrays.stream(first).map(s -> MemorySegment.ofArray(s.toArray(ValueLayout.JAVA_BYTE))).toList();
        }
    }

    /// Bits equal; but Java leaves open which NaN a function of NaN gives.
    private static boolean same(KernelSpec spec, MemorySegment a, MemorySegment b) {
        if (!(spec instanceof KernelSpec.Elementwise)) {
            return a.mismatch(b) == -1;
        }
        return Arrays.equals(a.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED), b.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }

    static Tensor run(KernelSpec spec, Kernel kernel, DType dtype, Shape shape, Random random, Tensor... inputs) {
        return Tensor.wrap(dtype, shape, run(spec, kernel, random, inputs).get(0));
    }

    private static MemorySegment[] runOnce(
            KernelSpec spec,
            Kernel kernel,
            Random random,
            MemorySegment[] inputs,
            Arena arena,
            List<MemorySegment> blocks,
            boolean parallel) {
        MemorySegment[] outputs =
                Arrays.stream(spec.outputBytes())
                        .mapToObj(bytes -> guarded(arena, bytes, random, blocks))
                        .toArray(MemorySegment[]::new);
        Kernel checked = CheckedKernel.of(spec, kernel);
        List<Integer> tiles = new ArrayList<>(IntStream.range(0, kernel.tiles()).boxed().toList());
        assertThat(tiles).as(name(spec)).isNotEmpty();
        Collections.shuffle(tiles, random);
        (parallel ? tiles.parallelStream() : tiles.stream()).forEach(tile -> checked.run(tile, inputs, outputs));
        return outputs;
    }

    /// Memory filled with canaries, within more of them, whose start is a multiple of 4 and seldom of more.
    private static MemorySegment guarded(Arena arena, long bytes, Random random, List<MemorySegment> blocks) {
        int offset = GUARD + 4 * random.nextInt(8);
        MemorySegment block = arena.allocate(offset + bytes + GUARD, 64).fill(CANARY);
        if (offset > 0) {
            blocks.add(block.asSlice(0, offset));
        }
        blocks.add(block.asSlice(offset + bytes));
        return block.asSlice(offset, bytes);
    }

    private static void checkCanaries(KernelSpec spec, MemorySegment block) {
        for (long i = 0; i < block.byteSize(); i++) {
            assertThat(block.get(ValueLayout.JAVA_BYTE, i))
                    .as("%s: memory beside an operand is untouched", name(spec))
                    .isEqualTo(CANARY);
        }
    }

    static String name(KernelSpec spec) {
        return spec.getClass().getSimpleName();
    }
}
