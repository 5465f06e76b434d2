package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pad;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An operator that only moves, repeats or drops elements, and may fill places with one number.
///
/// It is evaluated once for each set of operand shapes, on the numbers of the elements; the result says which element
/// stands where. So the gradient of each element is the sum over its places.
final class Rearrangement implements TrainingOp {
    private final Op op;
    private @Nullable Key key;
    private List<Places> places = List.of();

    /// What the places depend on: the shape of the data, and all other operands.
    private record Key(Shape shape, List<List<Long>> operands) {}

    /// @param indices of the elements, counted from 1; 0 is a filled place
    private record Places(long[] indices, Shape shape, boolean filled) {}

    Rearrangement(Op op) {
        this.op = op;
    }

    @Override
    public void run(NodeRun run) {
        NDArray x = run.array(0);
        List<Places> all = places(run, Shape.of(x.getShape().getShape()));
        NDArray flat = x.reshape(-1);
        for (int i = 0; i < all.size(); i++) {
            Places p = all.get(i);
            NDArray source = flat;
            if (p.filled()) {
                source =
                        run.manager()
                                .full(new ai.djl.ndarray.types.Shape(1), fill(run))
                                .toType(x.getDataType(), false)
                                .concat(flat);
            }
            NDArray indices = run.manager().create(p.indices());
            run.result(i, Shapes.reshape(source.take(p.filled() ? indices : indices.sub(1)), p.shape()));
        }
    }

    private float fill(NodeRun run) {
        return op instanceof Pad && run.has(2) ? run.constant(2).getFloat(0) : 0;
    }

    private synchronized List<Places> places(NodeRun run, Shape shape) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<List<Long>> values = new ArrayList<>();
        operands.add(numbered(shape));
        for (int i = 1; i < run.operandCount(); i++) {
            // The fill is put in later: here it would be taken for the number of an element.
            boolean absent = !run.has(i) || op instanceof Pad && i == 2;
            operands.add(absent ? null : run.constant(i));
            values.add(absent ? List.of() : java.util.Arrays.stream(run.constant(i).toLongArray()).boxed().toList());
        }
        Key wanted = new Key(shape, values);
        if (!wanted.equals(key)) {
            places = NodeRun.evaluate(op, operands, run.resultCount()).stream().map(Rearrangement::of).toList();
            key = wanted;
        }
        return places;
    }

    private static Tensor numbered(Shape shape) {
        Tensor numbers = Tensor.allocate(DType.INT64, shape);
        for (long i = 0; i < numbers.elementCount(); i++) {
            numbers.setLong(i, i + 1);
        }
        return numbers;
    }

    private static Places of(Tensor numbers) {
        long[] indices = numbers.toLongArray();
        boolean filled = java.util.Arrays.stream(indices).anyMatch(i -> i == 0);
        return new Places(indices, Objects.requireNonNull(numbers.shape()), filled);
    }
}
