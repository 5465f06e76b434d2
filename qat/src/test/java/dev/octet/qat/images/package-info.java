/// Training of small networks on MNIST and Fashion-MNIST, to be run by hand.
package dev.octet.qat.images;
