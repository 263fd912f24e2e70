"""The report as one HTML file: bars, a table, the map. Python writes the data, the browser does the rest."""
