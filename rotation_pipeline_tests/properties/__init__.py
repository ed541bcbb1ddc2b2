"""Metamorphic properties (methodology V.2): a planted market is changed in a known way, built anew, and compared with itself.

``market``   the raw frames of a small planted market, and how any such frames are landed and built
``changes``  the transformations of the raw frames, one or two a property
``compare``  what differs between two builds, column by column
"""
