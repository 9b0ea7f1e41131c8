"""A run told as one page: ``story`` reads it, ``chart`` draws it, ``words`` says it, ``page`` writes it."""
