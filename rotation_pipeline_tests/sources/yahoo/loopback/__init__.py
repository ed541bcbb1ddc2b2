"""The parts of the Yahoo on loopback; ``replay.LoopbackYahoo`` puts them together.

replies   ready answers, and the scripted faults by name
naming    which endpoint and subject a request means
cutting   charts, timeseries and calendars cut to what was asked
screening queries of the screener answered from quotes
recorded  bodies that were recorded from Yahoo, and what they say by themselves
market_faults  what goes wrong with the data itself: pure changes of a chart body
"""
