/// The npy and npz formats.
package dev.octet.data.npy;
