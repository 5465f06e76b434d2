package dev.octet.engine.plan;

import dev.octet.graph.pass.Pass;

/// What all plans of a session have in common, those of the graphs inside its nodes too.
///
/// @param bodyPreparation what a graph inside a node goes through before it is planned
/// @param memoryLimit most bytes that the values of a run may take
public record PlanSettings(KernelSets kernels, Pass bodyPreparation, long memoryLimit) {}
