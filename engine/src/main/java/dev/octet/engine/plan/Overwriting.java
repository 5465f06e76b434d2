package dev.octet.engine.plan;

import dev.octet.engine.plan.MemoryPlan.Life;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Results that take the memory of an operand which their step is the last to need, such as sums and activations.
final class Overwriting {
    private final List<Life> lives;
    private final int[] owners;

    private Overwriting(List<Life> lives) {
        this.lives = lives;
        this.owners = IntStream.range(0, lives.size()).toArray();
    }

    /// @param lives of all blocks, of which those that are overwritten get longer
    /// @return for each block the one whose memory it has, mostly itself
    static int[] join(List<Step> steps, List<Life> lives) {
        Overwriting overwriting = new Overwriting(lives);
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof KernelStep step && step.outputs().size() == 1) {
                overwriting.visit(i, step);
            }
        }
        return overwriting.owners;
    }

    private void visit(int at, KernelStep step) {
        PlannedValue result = step.outputs().getFirst();
        for (int operand : step.overwritable()) {
            PlannedValue.Placed operandPlace = whole(step.inputs().get(operand));
            PlannedValue.Placed resultPlace = whole(result);
            if (operandPlace != null && resultPlace != null && isLast(at, step, operandPlace)) {
                int owner = owners[operandPlace.block()];
                Life later = lives.get(resultPlace.block());
                if (later.first() == at && later.bytes() == lives.get(owner).bytes()) {
                    lives.set(owner, new Life(later.bytes(), lives.get(owner).first(), later.last()));
                    owners[resultPlace.block()] = owner;
                    return;
                }
            }
        }
    }

    /// A value that has a block for itself.
    private PlannedValue.@Nullable Placed whole(PlannedValue value) {
        return value instanceof PlannedValue.Placed placed && placed.bytes() == lives.get(placed.block()).bytes()
                ? placed
                : null;
    }

    /// Whether nothing but this step's overwritable operands needs a block from now on.
    private boolean isLast(int at, KernelStep step, PlannedValue.Placed operand) {
        int owner = owners[operand.block()];
        boolean alone =
                IntStream.range(0, step.inputs().size())
                        .filter(i -> IntStream.of(step.overwritable()).noneMatch(o -> o == i))
                        .mapToObj(step.inputs()::get)
                        .noneMatch(v -> v instanceof PlannedValue.Placed p && owners[p.block()] == owner);
        return alone && lives.get(owner).last() == at;
    }
}
