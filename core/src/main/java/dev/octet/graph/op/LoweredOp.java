package dev.octet.graph.op;

/// An operator that lowering puts in place of others. It exists between lowering and running only and is written to no
/// file, so that [Operators] has no row for it.
public sealed interface LoweredOp extends Op
        permits ConvTransposeInteger,
                IntegerAveragePool,
                IntegerBinary,
                IntegerMean,
                IntegerRequantize,
                IntegerSoftmax,
                MultiplierOutput,
                RoundedQuantize,
                TableLookup {
    @Override
    default String domain() {
        return Epilogue.DOMAIN;
    }

    @Override
    default int sinceVersion() {
        return 1;
    }
}
