"""Catalogues. English msgids in the code; zh_Hans_CN is complete and the default."""
