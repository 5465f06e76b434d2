/// Runs graphs: [Session] specializes a graph for the shapes of its inputs and runs it from any number of threads.
package dev.octet.engine;
