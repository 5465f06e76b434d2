/// Text as samples.
package dev.octet.data.text;
