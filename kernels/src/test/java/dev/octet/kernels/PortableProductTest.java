package dev.octet.kernels;

import dev.octet.kernels.portable.PortableKernels;

class PortableProductTest extends ProductContract {
    @Override
    protected KernelSet kernels() {
        return PortableKernels.INSTANCE;
    }
}
