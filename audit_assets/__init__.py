"""The Dagster code location of Assay: sources, lake, warehouse and the four documents.

One folder per stage of the way data travels; what two folders need lies in a module beside this file.
"""
