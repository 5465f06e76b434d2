/// The set of kernels that compute in integers only: no instruction of theirs reads, makes or moves a float.
package dev.octet.kernels.integer;
