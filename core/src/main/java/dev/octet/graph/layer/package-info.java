/// Networks written layer by layer, as PyTorch names and stores them.
package dev.octet.graph.layer;
