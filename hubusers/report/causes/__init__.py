"""The causes of what people met in a run: `facts` has the facts of a run, and a module for each area looks for causes.

`catalogue` has all kinds of findings; what is known of each is declared in `kinds`. A function that looks for causes
takes the facts, and returns the findings that they show. `hubusers.report.findings` collects all of them.
"""
