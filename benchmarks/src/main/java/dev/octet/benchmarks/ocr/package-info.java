/// Pictures of text drawn with Java2D, and reading of what an OCR network says: data for PP-OCR's networks.
@NullMarked
package dev.octet.benchmarks.ocr;

import org.jspecify.annotations.NullMarked;
