"""The images Podlab models, one file each: a file declares a `MODEL`, `table` lists them."""
