module github.com/redoubt-kv/redoubt

go 1.26.0
