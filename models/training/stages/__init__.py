"""The kinds of training, by the name that train.py takes."""
