def clean_words(text):
    return [part.strip() for part in text.split(",") if part.strip()]
