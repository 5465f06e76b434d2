/// Images as samples.
package dev.octet.data.image;
