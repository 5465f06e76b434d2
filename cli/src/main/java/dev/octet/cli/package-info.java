/// The commands.
package dev.octet.cli;
