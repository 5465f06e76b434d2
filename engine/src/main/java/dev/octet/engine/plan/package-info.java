/// Execution plans: what runs for one set of input shapes, in which order, and where in memory.
///
/// [dev.octet.engine.plan.PlanBuilder] turns a graph with fixed shapes into an [dev.octet.engine.plan.ExecutionPlan] of
/// [dev.octet.engine.plan.Step]s over [dev.octet.engine.plan.PlannedValue]s; [dev.octet.engine.plan.MemoryPlan] places
/// the values in one block of memory, of which each run takes its own ([dev.octet.engine.plan.Workspace]).
package dev.octet.engine.plan;
