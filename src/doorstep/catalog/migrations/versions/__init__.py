"""One file a step, named NNNN_what_it_does."""
