package dev.octet.qat.op;

/// What an operator computes in training.
@FunctionalInterface
public interface TrainingOp {
    /// Sets the results of a node from its operands.
    ///
    /// @throws IllegalArgumentException if the operands are of a kind that cannot be trained
    void run(NodeRun run);
}
