"""The saved front end: model and weight files, read without running or unpickling anything in them."""
