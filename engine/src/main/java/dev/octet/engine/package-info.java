/// Sessions that run graphs.
package dev.octet.engine;
