"""The ledger of what a person has completed, and the one rule of what is open.

Knows lessons and labs by id only; where a lab pass came from is evidence text.
"""
