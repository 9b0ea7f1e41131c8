assert greet_crew(["Ada", "Bo"]) == {"greeting": "Ahoy, Ada and Bo!", "lang": "en"}
assert greet_crew(["Cy"]) == {"greeting": "Ahoy, Cy!", "lang": "en"}
