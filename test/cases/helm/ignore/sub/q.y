sub/q.y
