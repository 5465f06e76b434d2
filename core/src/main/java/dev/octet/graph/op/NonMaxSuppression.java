package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Chooses boxes by score and drops those that overlap a better one. Inputs boxes `[N, n, 4]`, scores `[N, classes,
/// n]`, boxes for each class at most?, largest overlap (intersection over union)?, lowest score?; output INT64
/// `[chosen, 3]`: sample, class, box, best first within each class.
///
/// @param centred whether a box is centre x, centre y, width, height; else it is two opposite corners, y before x
public record NonMaxSuppression(boolean centred) implements Op {
    public static NonMaxSuppression of(Attributes attributes) {
        return new NonMaxSuppression(attributes.getBoolean("center_point_box", false));
    }

    @Override
    public String type() {
        return "NonMaxSuppression";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("center_point_box", centred).build();
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "boxes", EnumSet.of(DType.FLOAT32));
        Operands.require(inference, 1, "scores", EnumSet.of(DType.FLOAT32));
        Operands.requireShape(inference, 0, "boxes", PartialShape.of(-1, -1, 4));
        Operands.requireRank(inference, 1, "scores", 3);
        PartialShape boxes = inference.shape(0);
        PartialShape scores = inference.shape(1);
        if (boxes != null && scores != null) {
            Extents.unify(boxes.dim(0), scores.dim(0), "samples of scores");
            Extents.unify(boxes.dim(1), scores.dim(2), "boxes of scores");
        }
        boolean known = inference.constant(0) != null && inference.constant(1) != null;
        List<@Nullable Tensor> operands = new ArrayList<>();
        for (int i = 0; i < Math.min(5, inference.inputCount()); i++) {
            operands.add(inference.constant(i));
            known = known && (!inference.has(i) || inference.constant(i) != null);
        }
        if (inference.has(2)) {
            Operands.scalar(inference, 2, "number of boxes");
        }
        for (int i = 3; i < 5; i++) {
            if (inference.has(i)) {
                Operands.require(inference, i, "threshold", EnumSet.of(DType.FLOAT32));
                Operands.requireScalar(inference, i, "threshold");
            }
        }
        inference.output(0, DType.INT64, PartialShape.of(known ? chosen(operands).size() : -1, 3));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofElements(operands, results) + inferenceWork(operands);
    }

    /// Each box meets those kept before it, which may be all.
    @Override
    public double inferenceWork(List<@Nullable Shape> operands) {
        Shape scores = Work.find(operands, 1);
        return scores == null || scores.rank() == 0 ? 0 : Work.ELEMENT * scores.elementCount() * scores.dim(-1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        int at = 0;
        for (long[] triple : chosen(inputs)) {
            for (long number : triple) {
                outputs.get(0).setLong(at++, number);
            }
        }
    }

    private List<long[]> chosen(List<@Nullable Tensor> inputs) {
        Tensor boxes = Operands.get(inputs, 0);
        Tensor scores = Operands.get(inputs, 1);
        Tensor limit = Operands.find(inputs, 2);
        long most = limit == null ? 0 : limit.getLong(0);
        Tensor lowest = Operands.find(inputs, 4);
        List<long[]> chosen = new ArrayList<>();
        long classes = scores.shape().dim(1);
        int count = Extents.arrayLength(scores.shape().dim(2));
        for (long row = 0; row < scores.shape().dim(0) * classes && most > 0; row++) {
            long start = row * count;
            List<Integer> candidates = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                if (lowest == null || scores.getFloat(start + i) > lowest.getFloat(0)) {
                    candidates.add(i);
                }
            }
            candidates.sort(Comparator.comparing((Integer i) -> scores.getFloat(start + i)).reversed());
            for (int box : kept(candidates, boxes, row / classes * count, threshold(inputs), most)) {
                chosen.add(new long[] {row / classes, row % classes, box});
            }
        }
        return chosen;
    }

    private static float threshold(List<@Nullable Tensor> inputs) {
        Tensor threshold = Operands.find(inputs, 3);
        return threshold == null ? 0 : threshold.getFloat(0);
    }

    private List<Integer> kept(List<Integer> candidates, Tensor boxes, long first, float threshold, long most) {
        List<Integer> kept = new ArrayList<>();
        for (int candidate : candidates) {
            boolean free = kept.size() < most;
            for (int i = 0; free && i < kept.size(); i++) {
                free = !(overlap(boxes, first + candidate, first + kept.get(i)) > threshold);
            }
            if (free) {
                kept.add(candidate);
            }
        }
        return kept;
    }

    /// Intersection over union, in float as runtimes do.
    private float overlap(Tensor boxes, long a, long b) {
        float[] first = corners(boxes, a * 4);
        float[] second = corners(boxes, b * 4);
        float height = Math.min(first[2], second[2]) - Math.max(first[0], second[0]);
        float width = Math.min(first[3], second[3]) - Math.max(first[1], second[1]);
        if (!(height > 0 && width > 0)) {
            return 0;
        }
        float areas = (first[2] - first[0]) * (first[3] - first[1]) + (second[2] - second[0]) * (second[3] - second[1]);
        return height * width / (areas - height * width);
    }

    /// Top, left, bottom, right.
    private float[] corners(Tensor boxes, long at) {
        float p = boxes.getFloat(at);
        float q = boxes.getFloat(at + 1);
        float r = boxes.getFloat(at + 2);
        float s = boxes.getFloat(at + 3);
        return centred
                ? new float[] {q - s / 2, p - r / 2, q + s / 2, p + r / 2}
                : new float[] {Math.min(p, r), Math.min(q, s), Math.max(p, r), Math.max(q, s)};
    }
}
