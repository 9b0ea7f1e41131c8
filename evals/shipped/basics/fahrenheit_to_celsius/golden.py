def fahrenheit_to_celsius(fahrenheit):
    return (fahrenheit - 32) * 5 / 9
