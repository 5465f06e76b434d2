/// Strict reading of JSON, with places in messages. Internal.
package dev.octet.quantize.json;
