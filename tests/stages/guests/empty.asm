; The place of a program that the test writes.

start:
