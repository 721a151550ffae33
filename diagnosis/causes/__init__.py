"""The causes of a change, each a restricted model that is fitted, taken back, and tested.

A cause is laid upon the rows of before the change, for what a fault destroyed cannot be restored:
where the cause holds, these rows then look like the later ones in every respect. Its parameters
come from earlier rows of the incident, the test from later ones.
"""
