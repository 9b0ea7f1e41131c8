"""A run as one page: ``story`` reads it, ``chart`` draws it, ``words`` formats text, ``page`` writes it."""
