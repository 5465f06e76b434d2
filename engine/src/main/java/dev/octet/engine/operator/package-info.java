/// Lowering of operators to kernels: one file per operator, or family of operators, that says which
/// [dev.octet.kernels.KernelSpec] computes a node of it. [dev.octet.engine.operator.OperatorLowerings] is the table.
///
/// A new lowering is one file and one row in the table; a node without a lowering runs by its operator's own
/// evaluation.
package dev.octet.engine.operator;
