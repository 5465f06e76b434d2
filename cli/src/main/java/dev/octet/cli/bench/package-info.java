/// Timing of models, side by side on several runtimes.
package dev.octet.cli.bench;
