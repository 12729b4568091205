module kzsync/test/diff/glob

go 1.23.7

require github.com/gobwas/glob v0.2.3
