"""Writers of what leaves TrainHub on paper or as a file: workbooks, CSV, letters as PDF and Word, QR codes."""
