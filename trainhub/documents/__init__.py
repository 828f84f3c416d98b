"""Writers of what leaves TrainHub on paper or as a file: workbooks, CSV, PDF, QR codes."""
