/** A message with the structure of the example in RFC 8621 §4.1.4, every part named as there by its letter. */
export const listMessage = `From: list@example.com
To: alice@facteur.test
Subject: Decomposed
Date: Mon, 23 Nov 2026 10:00:00 +0000
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/plain
Content-Disposition: inline

A
--o
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: multipart/mixed; boundary=t

--t
Content-Type: text/plain
Content-Disposition: inline

B
--t
Content-Type: image/jpeg; name=C.jpg
Content-Disposition: inline
Content-Transfer-Encoding: base64

AAAA
--t
Content-Type: text/plain
Content-Disposition: inline

D
--t--
--a
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html

<b>E</b>
--r
Content-Type: image/jpeg; name=F.jpg
Content-ID: <f@x>
Content-Transfer-Encoding: base64

BBBB
--r--
--a--
--m
Content-Type: image/jpeg
Content-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.jpg
Content-Transfer-Encoding: base64

CCCC
--m
Content-Type: application/x-excel
Content-Location: http://example.com/h

H
--m
Content-Type: message/rfc822

Subject: inner

J
--m--
--o
Content-Type: text/plain
Content-Disposition: inline
Content-Language: en, fr

K
--o--
`
