package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.GuardedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Runs a kernel as cruelly as its contract allows: operands of exact length that lie against inaccessible pages, tiles
/// in random order and at the same time.
final class KernelRun {
    private KernelRun() {}

    /// The results of `kernel`, as bytes.
    static List<MemorySegment> run(KernelSpec spec, Kernel kernel, Random random, Tensor... inputs) {
        try (GuardedMemory memory = GuardedMemory.open()) {
            MemorySegment[] in =
                    Arrays.stream(inputs)
                            .map(t -> buffer(memory, t.byteSize(), random).copyFrom(t.data()))
                            .toArray(MemorySegment[]::new);
            MemorySegment[] first = runOnce(spec, kernel, random, in, memory, false);
            MemorySegment[] second = runOnce(spec, kernel, random, in, memory, true);
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
            for (int input : Overwritable.inputs(spec)) {
                assertThat(same(spec, first[0], overwriting(input, spec, kernel, random, inputs, memory)))
                        .as("%s: the result in the place of input %d has the same bits", name(spec), input)
                        .isTrue();
            }
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
            GuardedMemory memory,
            boolean parallel) {
        // What was there before differs between the runs, so that an element left out shows.
        MemorySegment[] outputs =
                Arrays.stream(spec.outputBytes())
                        .mapToObj(bytes -> buffer(memory, bytes, random).fill((byte) random.nextInt()))
                        .toArray(MemorySegment[]::new);
        Kernel checked = CheckedKernel.of(spec, kernel);
        List<Integer> tiles = new ArrayList<>(IntStream.range(0, kernel.tiles()).boxed().toList());
        assertThat(tiles).as(name(spec)).isNotEmpty();
        Collections.shuffle(tiles, random);
        (parallel ? tiles.parallelStream() : tiles.stream()).forEach(tile -> checked.run(tile, inputs, outputs));
        return outputs;
    }

    /// The result, in the memory of one of the inputs, which therefore are copies.
    private static MemorySegment overwriting(
            int input, KernelSpec spec, Kernel kernel, Random random, Tensor[] inputs, GuardedMemory memory) {
        MemorySegment[] in =
                Arrays.stream(inputs)
                        .map(t -> buffer(memory, t.byteSize(), random).copyFrom(t.data()))
                        .toArray(MemorySegment[]::new);
        MemorySegment[] out = {in[input]};
        IntStream.range(0, kernel.tiles()).parallel().forEach(tile -> kernel.run(tile, in, out));
        return out[0];
    }

    private static MemorySegment buffer(GuardedMemory memory, long bytes, Random random) {
        return random.nextInt(4) == 0 ? memory.startingAtGuard(bytes) : memory.endingAtGuard(bytes);
    }

    static String name(KernelSpec spec) {
        return spec.getClass().getSimpleName();
    }
}
