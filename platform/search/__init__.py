"""Finding a place of the course by words: lessons, terms, troubles and labs.

``documents`` makes the texts of a release, ``words`` their stems, ``services`` stores
both, ``full_text`` asks the database, ``selectors`` ranks and cuts the fragments.
"""
