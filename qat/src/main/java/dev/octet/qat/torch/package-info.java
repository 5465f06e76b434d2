/// Functions of PyTorch that DJL's arrays do not have.
package dev.octet.qat.torch;
