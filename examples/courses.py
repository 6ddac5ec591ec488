"""Every course of a shop, page by page: python3 examples/courses.py [SHOP]"""
import json
import sys
import urllib.request

shop = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:3000"
url = f"{shop}/api/v1/course/actual/"
while url:
    page = json.load(urllib.request.urlopen(url, timeout=10))["result"]
    for course in page["results"]:
        print(course["id"], course["name"], course["price"])
    url = page["next"]
