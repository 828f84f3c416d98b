// a page made for paper: opens the print dialogue by itself
addEventListener('load', function () { window.print(); });
