"""The four documents, each number of which is a row of fct_claims."""
