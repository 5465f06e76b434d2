/// Observers that choose ranges from the values they see.
package dev.octet.quantize.observer;
