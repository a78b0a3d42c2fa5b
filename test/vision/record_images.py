"""Makes small image files of every kind, and records what Pillow and torchvision read in them.

    python3 test/vision/record_images.py test/vision/images.json.gz

needs torch, torchvision (with its image extension), Pillow and numpy. The tests read the record; they need no Python.
"""
import gzip, hashlib, io, json, re, struct, sys, warnings, zlib
import numpy, PIL, PIL.features, torch, torchvision
from PIL import Image, ImageCms
from torchvision.io import decode_image
from torchvision.transforms import functional as F

warnings.simplefilter('ignore')
W, H = 13, 9
files = {}


def values(shape, top=256, seed=1):
    n = int(numpy.prod(shape))
    i = numpy.arange(n, dtype=numpy.int64)
    return ((i * i * 7 * seed + i * 13 + (i >> 3) * 31 + (i * i * i) % 251) % top).reshape(shape)


def smooth(mode):
    y, x = numpy.mgrid[0:H * 3, 0:W * 3]
    bands = {'L': 1, 'RGB': 3, 'CMYK': 4, 'LA': 2, 'RGBA': 4}[mode]
    planes = [((x * (5 + 2 * b) + y * (9 - 2 * b) + 40 * b + 20 * ((x // 7 + y // 5) % 2)) % 256) for b in range(bands)]
    data = numpy.stack(planes, -1).astype(numpy.uint8)
    return Image.frombytes(mode, (W * 3, H * 3), data.tobytes())


def rough(mode, w=W, h=H, seed=1):
    bands = {'L': 1, 'RGB': 3, 'CMYK': 4, 'LA': 2, 'RGBA': 4}[mode]
    return Image.frombytes(mode, (w, h), values((h, w, bands), 256, seed).astype(numpy.uint8).tobytes())


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


EXIF = lambda n: b'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01' + struct.pack('>H', n) + b'\0\0\0\0\0\0'
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
# A matrix profile of exchanged primaries: whoever applied it would change every colour.
swap = bytearray(SRGB)
for i in range(swap[131] and struct.unpack_from('>I', swap, 128)[0]):
    at = 132 + 12 * i
    if swap[at:at + 4] == b'rXYZ': red = at
    if swap[at:at + 4] == b'bXYZ': blue = at
swap[red:red + 4], swap[blue:blue + 4] = b'bXYZ', b'rXYZ'
SWAPPED = bytes(swap)


# PNG by hand
def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def packed(rows, depth):
    out = b''
    for row in rows:
        if depth == 16:
            line = row.astype('>u2').tobytes()
        elif depth == 8:
            line = row.astype(numpy.uint8).tobytes()
        else:
            bits = ''.join(format(int(v), '0%db' % depth) for v in row)
            bits += '0' * (-len(bits) % 8)
            line = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        out += b'\0' + line
    return out


def png(depth, colour, interlace=0, before=(), between=(), after=(), data=None, crc_fault=False, w=W, h=H, top=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    pixels = values((h, w, channels), top or 1 << depth)
    if interlace:
        raw = b''
        for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
            part = pixels[y0::dy, x0::dx]
            if part.size: raw += packed(part.reshape(part.shape[0], -1), depth)
    else:
        raw = packed(pixels.reshape(h, -1), depth)
    body = zlib.compress(raw) if data is None else data
    out = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, depth, colour, 0, 0, interlace))
    for c in before: out += chunk(*c)
    cut = len(body) // 2
    out += chunk(b'IDAT', body[:cut])
    for c in between: out += chunk(*c)
    out += chunk(b'IDAT', body[cut:])
    for c in after: out += chunk(*c)
    return out + chunk(b'IEND', b'')


def palette(n): return (b'PLTE', values((n * 3,), 256, 3).astype(numpy.uint8).tobytes())


for colour, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
    for depth in depths:
        pal = [palette(1 << depth)] if colour == 3 else []
        for interlace in (0, 1):
            files[f'png-{colour}-{depth}{"-interlaced" if interlace else ""}.png'] = png(depth, colour, interlace, pal)
        key = {0: [b'\0\1'], 2: [b'\0\1\0\2\0\3', struct.pack('>HHH', *values((H, W, 3), 1 << depth)[2, 3])],
               3: [b'\0', b'\xff\0', b'\x40\x80\xff'[:1 << depth]]}.get(colour, [])
        if colour == 0: key.append(struct.pack('>H', int(values((H, W, 1), 1 << depth)[2, 3, 0])))
        for n, trns in enumerate(key):
            files[f'png-{colour}-{depth}-trns{n}.png'] = png(depth, colour, 0, [*pal, (b'tRNS', trns)])
files['png-short-palette.png'] = png(8, 3, 0, [palette(200)], top=200)
files['png-index-beyond-palette.png'] = png(8, 3, 0, [palette(100)])
files['png-no-palette.png'] = png(8, 3)
files['png-grey-palette.png'] = png(8, 3, 0, [(b'PLTE', bytes(i for i in range(256) for _ in range(3)))])
files['png-rgb-with-palette.png'] = png(8, 2, 0, [palette(16)])
files['png-gamma.png'] = png(8, 2, 0, [(b'gAMA', struct.pack('>I', 100000))])
gAMA = lambda v: (b'gAMA', struct.pack('>I', v))
for name, colour, depth in (('rgb', 2, 8), ('rgba', 6, 8), ('palette', 3, 8), ('rgb16', 2, 16), ('grey', 0, 8), ('grey-alpha', 4, 8)):
    pal = [palette(256)] if colour == 3 else []
    files[f'png-gamma-{name}-45455.png'] = png(depth, colour, 0, [gAMA(45455), *pal])
    files[f'png-gamma-{name}-srgb.png'] = png(depth, colour, 0, [(b'sRGB', b'\0'), *pal])
for value in (0, 1, 30000, 55556, 95001, 95000, 104000, 105001, 220000, 4000000000):
    files[f'png-gamma-{value}.png'] = png(8, 2, 0, [gAMA(value)])
files['png-gamma-and-srgb.png'] = png(8, 2, 0, [gAMA(100000), (b'sRGB', b'\0')])
files['png-gamma-icc-srgb.png'] = png(8, 2, 0, [(b'iCCP', b'x\0\0' + zlib.compress(SRGB))])
files['png-gamma-chrm.png'] = png(8, 2, 0, [(b'cHRM', struct.pack('>8I', 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))])
files['png-gamma-chrm-45455.png'] = png(8, 2, 0, [gAMA(45455), (b'cHRM', struct.pack('>8I', 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600))])
files['png-gamma-cicp.png'] = png(8, 2, 0, [(b'cICP', bytes([1, 13, 0, 1]))])
files['png-gamma-after.png'] = png(8, 2, after=[gAMA(45455)])
files['png-gamma-after-palette.png'] = png(8, 3, 0, [palette(256), gAMA(45455)])
files['png-gamma-long.png'] = png(8, 2, 0, [(b'gAMA', struct.pack('>II', 45455, 0))])
files['png-gamma-twice.png'] = png(8, 2, 0, [gAMA(45455), gAMA(220000)])
files['png-critical-unknown.png'] = png(8, 2, 0, [(b'ABCD', b'xyz')])
files['png-name-not-letters.png'] = png(8, 2, 0, [(b'a-Cd', b'xyz')])
files['png-name-digits.png'] = png(8, 2, 0, [(b'a1Cd', b'xyz')])
files['png-background.png'] = png(8, 6, 0, [(b'bKGD', b'\0\x80\0\0\0\0')])
files['png-icc.png'] = png(8, 2, 0, [(b'iCCP', b'x\0\0' + zlib.compress(SWAPPED))])
files['png-icc-16.png'] = png(16, 2, 0, [(b'iCCP', b'x\0\0' + zlib.compress(SWAPPED))])
files['png-sbit.png'] = png(16, 2, 0, [(b'sBIT', b'\x0a\x0a\x0a')])
for n in range(1, 9):
    files[f'png-exif-{n}.png'] = png(8, 2, 0, [(b'eXIf', EXIF(n))])
files['png-exif-after.png'] = png(8, 2, 0, after=[(b'eXIf', EXIF(6))])
files['png-filters.png'] = saved(smooth('RGB'), 'PNG')
files['png-unknown-chunk.png'] = png(8, 2, 0, [(b'abCd', b'xyz')])
files['png-chunk-between.png'] = png(8, 2, between=[(b'tIME', b'\x07\xd0\1\1\0\0\0')])
files['png-one-pixel.png'] = png(8, 6, w=1, h=1)
whole = png(8, 2)
files['png-truncated-half.png'] = whole[:len(whole) // 2]
files['png-truncated-end.png'] = whole[:-12]
files['png-truncated-crc.png'] = whole[:-14]
files['png-truncated-header.png'] = whole[:20]
files['png-truncated-signature.png'] = whole[:8]
files['png-truncated-palette.png'] = png(8, 3, 0, [palette(256)])[:60]
files['png-trailing.png'] = whole + b'rubbish'
at = whole.index(b'IDAT') + 12
files['png-damaged-data.png'] = whole[:at] + b'\xff\xff\xff' + whole[at + 3:]
files['png-damaged-crc.png'] = whole[:29] + b'\0\0\0\0' + whole[33:]
files['png-short-data.png'] = png(8, 2, data=zlib.compress(packed(values((H - 3, W * 3)), 8)))
files['png-long-data.png'] = png(8, 2, data=zlib.compress(packed(values((H + 3, W * 3)), 8)))
files['png-zero-width.png'] = png(8, 2, w=0, data=zlib.compress(b'\0'))
files['png-bad-depth.png'] = whole[:24] + b'\x03' + whole[25:29] + struct.pack('>I', zlib.crc32(whole[12:24] + b'\x03' + whole[25:29])) + whole[33:]
files['png-bad-filter.png'] = png(8, 2, data=zlib.compress(b''.join(b'\x09' + bytes(W * 3) for _ in range(H))))
files['png-no-data.png'] = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', W, H, 8, 2, 0, 0, 0)) + chunk(b'IEND', b'')
files['apng.png'] = saved(rough('RGB'), 'PNG', save_all=True, append_images=[rough('RGB', seed=2), rough('RGB', seed=5)])
files['apng-default-image.png'] = saved(rough('RGBA'), 'PNG', save_all=True, default_image=True, append_images=[rough('RGBA', seed=2)])
files['png-as.jpg'] = whole

# JPEG
for name, sampling in (('444', 0), ('422', 1), ('420', 2)):
    for progressive in (False, True):
        files[f'jpeg-{name}{"-progressive" if progressive else ""}.jpg'] = saved(smooth('RGB'), 'JPEG', subsampling=sampling, progressive=progressive, quality=80)
files['jpeg-rough.jpg'] = saved(rough('RGB', 31, 17), 'JPEG', quality=40)
files['jpeg-440.jpg'] = None
files['jpeg-411.jpg'] = saved(smooth('RGB'), 'JPEG', subsampling='4:1:1', quality=80)


def resampled(data, factors):
    """Gives a non-subsampled file other factors: its scan then means another, valid image of the same blocks."""
    out = bytearray(data)
    at = out.index(b'\xff\xc0')
    for i, (h, v) in enumerate(factors): out[at + 11 + 3 * i] = h << 4 | v
    return bytes(out)


for name, factors in (('440', [(1, 2), (1, 1), (1, 1)]), ('odd-3x1', [(3, 1), (1, 1), (1, 1)]), ('odd-1x3', [(1, 3), (1, 1), (1, 1)]),
                      ('odd-2x2-2x1', [(2, 2), (2, 1), (1, 2)]), ('odd-4x2', [(4, 2), (1, 1), (1, 1)])):
    h, v = factors[0]
    files[f'jpeg-{name}.jpg'] = None
    base = saved(Image.new('RGB', (96, 96), (90, 140, 200)).resize((96, 96)), 'JPEG', subsampling=0, quality=60)
    blocks = sum(a * b for a, b in factors)
    # As many blocks as the other shape has: 12 x 12 MCUs of 3 blocks become a picture of that many blocks.
    gradient = Image.merge('RGB', [Image.linear_gradient('L').resize((96, 96)).rotate(90 * i) for i in range(3)])
    base = bytearray(resampled(saved(gradient, 'JPEG', subsampling=0, quality=60), factors))
    mcus = 12 * 12 * 3 // blocks
    columns = 6 if mcus % 6 == 0 else 4
    at = base.index(b'\xff\xc0')
    struct.pack_into('>HH', base, at + 5, mcus // columns * 8 * v - 3, columns * 8 * h - 5)
    files[f'jpeg-{name}.jpg'] = bytes(base)
files['jpeg-grey.jpg'] = saved(smooth('L'), 'JPEG', quality=80)
files['jpeg-grey-progressive.jpg'] = saved(smooth('L'), 'JPEG', quality=80, progressive=True)
files['jpeg-quality-100.jpg'] = saved(rough('RGB'), 'JPEG', quality=100, subsampling=0)
files['jpeg-restart.jpg'] = saved(smooth('RGB'), 'JPEG', restart_marker_blocks=1)
files['jpeg-icc.jpg'] = saved(smooth('RGB'), 'JPEG', icc_profile=SWAPPED)
files['jpeg-keep-rgb.jpg'] = saved(smooth('RGB'), 'JPEG', keep_rgb=True, quality=80)
files['jpeg-cmyk-adobe.jpg'] = cmyk = saved(smooth('CMYK'), 'JPEG', quality=80)
adobe = cmyk.index(b'\xff\xee')
length = struct.unpack_from('>H', cmyk, adobe + 2)[0]
files['jpeg-cmyk-no-marker.jpg'] = cmyk[:adobe] + cmyk[adobe + 2 + length:]
turned = bytearray(cmyk)
turned[adobe + 15] = 2
files['jpeg-ycck.jpg'] = bytes(turned)
files['jpeg-cmyk-icc.jpg'] = saved(smooth('CMYK'), 'JPEG', icc_profile=SWAPPED)
files['jpeg-cmyk-exif.jpg'] = saved(smooth('CMYK'), 'JPEG', exif=b'Exif\0\0' + EXIF(6))
for n in range(0, 10):
    files[f'jpeg-exif-{n}.jpg'] = saved(smooth('RGB'), 'JPEG', quality=80, exif=b'Exif\0\0' + EXIF(n))
files['jpeg-exif-damaged.jpg'] = saved(smooth('RGB'), 'JPEG', quality=80, exif=b'Exif\0\0MM\0*\0\0\xff\xff\0\x01')
jpeg = files['jpeg-420.jpg']
scan = jpeg.index(b'\xff\xda')
files['jpeg-truncated-half.jpg'] = jpeg[:scan + (len(jpeg) - scan) // 2]
files['jpeg-truncated-end.jpg'] = jpeg[:-2]
files['jpeg-truncated-10.jpg'] = jpeg[:-10]
files['jpeg-truncated-header.jpg'] = jpeg[:scan - 20]
files['jpeg-truncated-start.jpg'] = jpeg[:3]
files['jpeg-progressive-truncated.jpg'] = files['jpeg-420-progressive.jpg'][:-60]
files['jpeg-trailing.jpg'] = jpeg + b'rubbish'
files['jpeg-damaged.jpg'] = jpeg[:scan + 30] + b'\xff\xd9' + jpeg[scan + 32:]
files['jpeg-stray-bytes.jpg'] = jpeg[:scan] + b'\1\2\3' + jpeg[scan:]
files['jpeg-bits-changed.jpg'] = jpeg[:scan + 40] + bytes(b ^ 0x24 for b in jpeg[scan + 40:scan + 44]) + jpeg[scan + 44:]
files['jpeg-12-bit.jpg'] = jpeg[:jpeg.index(b'\xff\xc0') + 4] + b'\x0c' + jpeg[jpeg.index(b'\xff\xc0') + 5:]
files['jpeg-as.png'] = jpeg
files['mpo.jpg'] = saved(smooth('RGB'), 'MPO', save_all=True, append_images=[smooth('RGB').rotate(180)])

# WebP
for mode in ('RGB', 'RGBA'):
    files[f'webp-lossy-{mode}.webp'] = saved(smooth(mode), 'WEBP', quality=70)
    files[f'webp-lossless-{mode}.webp'] = saved(rough(mode), 'WEBP', lossless=True)
    files[f'webp-exact-{mode}.webp'] = saved(rough(mode), 'WEBP', lossless=True, exact=True)
files['webp-icc.webp'] = saved(smooth('RGB'), 'WEBP', lossless=True, icc_profile=SWAPPED)
files['webp-exif.webp'] = saved(smooth('RGB'), 'WEBP', lossless=True, exif=b'Exif\0\0' + EXIF(6))
files['webp-animated.webp'] = saved(rough('RGB'), 'WEBP', save_all=True, append_images=[rough('RGB', seed=2)], lossless=True)
files['webp-animated-alpha.webp'] = saved(rough('RGBA'), 'WEBP', save_all=True, append_images=[rough('RGBA', seed=2)], lossless=True)
webp = files['webp-lossless-RGB.webp']
files['webp-truncated.webp'] = webp[:len(webp) // 2]
files['webp-truncated-end.webp'] = webp[:-4]
files['webp-lossy-truncated.webp'] = files['webp-lossy-RGB.webp'][:-40]


# GIF by hand
def gif_lzw(indices, bits):
    """Codes without compression: a clear code often enough that widths never grow."""
    clear, width = 1 << bits, bits + 1
    codes, since = [clear], 0
    for v in indices:
        if since == (1 << bits) - 2: codes, since = codes + [clear], 0
        codes.append(int(v))
        since += 1
    codes.append(clear + 1)
    acc = n = 0
    out = bytearray()
    for c in codes:
        acc |= c << n
        n += width
        while n >= 8: out.append(acc & 255); acc >>= 8; n -= 8
    if n: out.append(acc & 255)
    blocks = b''.join(bytes([len(out[i:i + 255])]) + bytes(out[i:i + 255]) for i in range(0, len(out), 255))
    return bytes([bits]) + blocks + b'\0'


def gif_frame(x, y, w, h, bits, seed=1, local=None, interlace=False, transparent=None, disposal=0):
    pixels = values((h, w), 1 << bits, seed)
    if interlace: pixels = numpy.concatenate([pixels[0::8], pixels[4::8], pixels[2::4], pixels[1::2]])
    out = b''
    if transparent is not None or disposal:
        out += b'!\xf9\x04' + bytes([disposal << 2 | (transparent is not None)]) + b'\x0a\0' + bytes([transparent or 0]) + b'\0'
    flags = (0x40 if interlace else 0) | (0 if local is None else 0x80 | bits - 1)
    out += b',' + struct.pack('<HHHHB', x, y, w, h, flags) + (local or b'')
    return out + gif_lzw(pixels.reshape(-1), bits)


def gif(frames, bits, table=True, background=0, w=W, h=H, end=b';'):
    head = b'GIF89a' + struct.pack('<HHBBB', w, h, (0x80 if table else 0) | 0x70 | bits - 1, background, 0)
    return head + (palette(1 << bits)[1] if table is True else table or b'') + b''.join(frames) + end


GREYS = bytes(i for i in range(256) for _ in range(3))
other = values((48,), 256, 11).astype(numpy.uint8).tobytes()
files['gif-plain.gif'] = gif([gif_frame(0, 0, W, H, 4)], 4)
files['gif-8.gif'] = gif([gif_frame(0, 0, W, H, 8)], 8)
files['gif-2.gif'] = gif([gif_frame(0, 0, W, H, 2)], 2)
files['gif-compressed.gif'] = saved(smooth('L').quantize(40), 'GIF')
files['gif-saved-L.gif'] = saved(smooth('L'), 'GIF')
files['gif-interlaced.gif'] = gif([gif_frame(0, 0, W, H, 4, interlace=True)], 4)
files['gif-transparent.gif'] = gif([gif_frame(0, 0, W, H, 4, transparent=5)], 4)
files['gif-local.gif'] = gif([gif_frame(0, 0, W, H, 4, local=other)], 4)
files['gif-no-table.gif'] = gif([gif_frame(0, 0, W, H, 4)], 4, table=False)
files['gif-greys.gif'] = gif([gif_frame(0, 0, W, H, 8)], 8, table=GREYS)
files['gif-part.gif'] = gif([gif_frame(3, 2, 6, 5, 4)], 4, background=3)
files['gif-part-transparent.gif'] = gif([gif_frame(3, 2, 6, 5, 4, transparent=7)], 4, background=3)
files['gif-beyond.gif'] = gif([gif_frame(8, 5, 9, 9, 4)], 4)
files['gif-animated.gif'] = gif([gif_frame(0, 0, W, H, 4), gif_frame(2, 1, 5, 5, 4, 2), gif_frame(0, 0, W, H, 4, 5, transparent=1)], 4)
for disposal in (1, 2, 3):
    files[f'gif-disposal-{disposal}.gif'] = gif([gif_frame(0, 0, W, H, 4, transparent=2, disposal=disposal), gif_frame(2, 1, 5, 5, 4, 2, disposal=disposal), gif_frame(1, 0, 8, 8, 4, 5, transparent=1, disposal=disposal), gif_frame(4, 4, 3, 3, 4, 7, local=other)], 4, background=3)
files['gif-first-part-animated.gif'] = gif([gif_frame(3, 2, 6, 5, 4), gif_frame(0, 0, 8, 8, 4, 3)], 4, background=2)
whole = files['gif-plain.gif']
files['gif-truncated.gif'] = whole[:len(whole) - 30]
files['gif-truncated-header.gif'] = whole[:20]
files['gif-truncated-end.gif'] = whole[:-1]
files['gif-no-image.gif'] = gif([], 4)


# BMP by hand
def bmp(bits, header=40, compression=0, top_down=False, colours=0, masks=b'', table=None, data=None, alpha=0, w=W, h=H, gap=0):
    if table is None and bits <= 8:
        entry = 3 if header == 12 else 4
        raw = values(((colours or 1 << bits) * 4,), 256, 3).astype(numpy.uint8).reshape(-1, 4)[:, :entry]
        table = raw.tobytes()
    table = table or b''
    if data is None:
        stride = (w * bits + 31) // 32 * 4
        if bits < 8:
            rows = packed(values((h, w), 1 << bits), bits)
            line = (w * bits + 7) // 8
            rows = [rows[i * (line + 1) + 1:(i + 1) * (line + 1)] for i in range(h)]
        else:
            rows = [values((h, w * bits // 8), 256)[i].astype(numpy.uint8).tobytes() for i in range(h)]
        data = b''.join(r + b'\0' * (stride - len(r)) for r in rows)
    if header == 12:
        info = struct.pack('<IHHHH', 12, w, h, 1, bits)
    else:
        info = struct.pack('<IiiHHIIiiII', header, w, -h if top_down else h, 1, bits, compression, len(data), 2835, 2835, colours, 0)
        extra = masks if header > 40 else b''
        info += extra + b'\0' * (header - 40 - len(extra))
    if header == 40 and masks: info += masks
    offset = 14 + len(info) + len(table) + gap
    return b'BM' + struct.pack('<IHHI', offset + len(data), 0, 0, offset) + info + table + b'\0' * gap + data


M = lambda *m: struct.pack('<%dI' % len(m), *m)
for bits in (1, 4, 8, 16, 24, 32):
    files[f'bmp-{bits}.bmp'] = bmp(bits)
    files[f'bmp-{bits}-top-down.bmp'] = bmp(bits, top_down=True)
for bits in (1, 4, 8, 24): files[f'bmp-core-{bits}.bmp'] = bmp(bits, 12)
for header in (52, 56, 64, 108, 124): files[f'bmp-header-{header}.bmp'] = bmp(24, header)
files['bmp-header-20.bmp'] = bmp(24, 40)[:14] + b'\x14' + bmp(24, 40)[15:]
files['bmp-8-few-colours.bmp'] = bmp(8, colours=256 - 40, data=values((H, 16), 200).astype(numpy.uint8).tobytes())
files['bmp-8-beyond-palette.bmp'] = bmp(8, colours=40)
files['bmp-8-greys.bmp'] = bmp(8, table=bytes(v for i in range(256) for v in (i, i, i, 0)))
files['bmp-1-black-white.bmp'] = bmp(1, table=b'\0\0\0\0\xff\xff\xff\0')
files['bmp-1-white-black.bmp'] = bmp(1, table=b'\xff\xff\xff\0\0\0\0\0')
files['bmp-4-greys.bmp'] = bmp(4, table=bytes(v for i in range(16) for v in (i, i, i, 0)))
files['bmp-4-spread-greys.bmp'] = bmp(4, table=bytes(v for i in range(16) for v in (17 * i, 17 * i, 17 * i, 0)))
files['bmp-gap.bmp'] = bmp(24, gap=10)
for name, mask in (('565', (0xf800, 0x7e0, 0x1f)), ('555', (0x7c00, 0x3e0, 0x1f)), ('444', (0xf00, 0xf0, 0xf))):
    files[f'bmp-16-{name}.bmp'] = bmp(16, compression=3, masks=M(*mask))
    files[f'bmp-16-{name}-v4.bmp'] = bmp(16, 108, compression=3, masks=M(*mask, 0))
for n, mask in enumerate(((0xff0000, 0xff00, 0xff, 0), (0xff000000, 0xff0000, 0xff00, 0), (0xff000000, 0xff00, 0xff, 0), (0xff000000, 0xff0000, 0xff00, 0xff),
                          (0xff, 0xff00, 0xff0000, 0xff000000), (0xff0000, 0xff00, 0xff, 0xff000000), (0xff000000, 0xff00, 0xff, 0xff0000), (0, 0, 0, 0),
                          (0xff, 0xff00, 0xff0000, 0), (0x3ff, 0xffc00, 0x3ff00000, 0))):
    files[f'bmp-32-masks-{n}.bmp'] = bmp(32, 124, compression=3, masks=M(*mask))
    files[f'bmp-32-masks-{n}-40.bmp'] = bmp(32, compression=3, masks=M(*mask[:3]))
files['bmp-24-masks.bmp'] = bmp(24, compression=3, masks=M(0xff0000, 0xff00, 0xff))
files['bmp-8-masks.bmp'] = bmp(8, compression=3, masks=M(0xff0000, 0xff00, 0xff))
runs8 = b''.join(bytes([5, 10 + i, 0, 3, 7, 8, 9, 0, 5, 40 + i, 0, 0]) for i in range(H)) + b'\0\1'
files['bmp-rle8.bmp'] = bmp(8, compression=1, data=runs8)
files['bmp-rle8-top-down.bmp'] = bmp(8, compression=1, data=runs8, top_down=True)
files['bmp-rle8-delta.bmp'] = bmp(8, compression=1, data=b'\5\x11\0\2\3\2\4\x22\0\0\x0d\x33' + b'\0\1')
files['bmp-rle8-short-rows.bmp'] = bmp(8, compression=1, data=b''.join(bytes([4 + i, 9 * i, 0, 0]) for i in range(H)) + b'\0\1')
files['bmp-rle8-long-run.bmp'] = bmp(8, compression=1, data=b''.join(bytes([20, 9 * i, 0, 0]) for i in range(H)) + b'\0\1')
files['bmp-rle8-no-end.bmp'] = bmp(8, compression=1, data=runs8[:-2])
files['bmp-rle8-ends-early.bmp'] = bmp(8, compression=1, data=runs8[:30] + b'\0\1')
files['bmp-rle8-truncated.bmp'] = bmp(8, compression=1, data=runs8)[:-40]
files['bmp-rle8-greys.bmp'] = bmp(8, compression=1, data=runs8, table=bytes(v for i in range(256) for v in (i, i, i, 0)))
runs4 = b''.join(bytes([6, 0x1a, 0, 4, 0x37, 0x89, 3, 0x4c, 0, 0]) for i in range(H)) + b'\0\1'
files['bmp-rle4.bmp'] = bmp(4, compression=2, data=runs4)
files['bmp-rle4-odd.bmp'] = bmp(4, compression=2, data=b''.join(bytes([5, 0x1a, 0, 5, 0x37, 0x89, 0x20, 0, 3, 0x4c, 0, 0]) for i in range(H)) + b'\0\1')
files['bmp-jpeg.bmp'] = bmp(24, compression=4)
files['bmp-bits-2.bmp'] = bmp(2)
files['bmp-truncated.bmp'] = bmp(24)[:-30]
files['bmp-truncated-header.bmp'] = bmp(24)[:30]
files['bmp-truncated-palette.bmp'] = bmp(8)[:200]
files['bmp-truncated-last-row.bmp'] = bmp(24)[:-1]
files['bmp-trailing.bmp'] = bmp(24) + b'rubbish'
files['bmp-offset-beyond.bmp'] = bmp(24)[:10] + struct.pack('<I', 5000) + bmp(24)[14:]
files['bmp-zero-width.bmp'] = bmp(24, w=0)


# PPM by hand
def plain(v): return b' '.join(b'%d' % n for n in v.reshape(-1))


gray, colour = values((H, W)), values((H, W, 3))
bits = packed(values((H, W), 2), 1)
bits = b''.join(bits[i * 3 + 1:i * 3 + 3] for i in range(H))
head = b'%d %d\n' % (W, H)
files['p1.pbm'] = b'P1\n' + head + plain(values((H, W), 2))
files['p1-tight.pbm'] = b'P1\n' + head + plain(values((H, W), 2)).replace(b' ', b'')
files['p4.pbm'] = b'P4\n' + head + bits
files['p2.pgm'] = b'P2\n' + head + b'255\n' + plain(gray)
files['p2-100.pgm'] = b'P2\n' + head + b'100\n' + plain(values((H, W), 101))
files['p2-1000.pgm'] = b'P2\n' + head + b'1000\n' + plain(values((H, W), 1001))
files['p2-65535.pgm'] = b'P2\n' + head + b'65535\n' + plain(values((H, W), 65536))
files['p5.pgm'] = b'P5\n' + head + b'255\n' + gray.astype('u1').tobytes()
files['p5-1.pgm'] = b'P5\n' + head + b'1\n' + values((H, W), 2).astype('u1').tobytes()
files['p5-100.pgm'] = b'P5\n' + head + b'100\n' + values((H, W), 101).astype('u1').tobytes()
files['p5-100-beyond.pgm'] = b'P5\n' + head + b'100\n' + gray.astype('u1').tobytes()
files['p5-256.pgm'] = b'P5\n' + head + b'256\n' + values((H, W), 257).astype('>u2').tobytes()
files['p5-1000.pgm'] = b'P5\n' + head + b'1000\n' + values((H, W), 1001).astype('>u2').tobytes()
files['p5-65535.pgm'] = b'P5\n' + head + b'65535\n' + values((H, W), 65536, 17).astype('>u2').tobytes()
files['p3.ppm'] = b'P3\n' + head + b'255\n' + plain(colour)
files['p3-10.ppm'] = b'P3\n' + head + b'10\n' + plain(values((H, W, 3), 11))
files['p3-1000.ppm'] = b'P3\n' + head + b'1000\n' + plain(values((H, W, 3), 1001))
files['p6.ppm'] = b'P6\n' + head + b'255\n' + colour.astype('u1').tobytes()
files['p6-10.ppm'] = b'P6\n' + head + b'10\n' + values((H, W, 3), 11).astype('u1').tobytes()
files['p6-65535.ppm'] = b'P6\n' + head + b'65535\n' + values((H, W, 3), 65536, 17).astype('>u2').tobytes()
files['p6-comments.ppm'] = b'P6 # one\n# two\n13# three\n 9\r\n# four\n255\n' + colour.astype('u1').tobytes()
files['p6-comment-after-maxval.ppm'] = b'P6\n' + head + b'255 # five\n' + colour.astype('u1').tobytes()
files['p3-comments.ppm'] = b'P3\n' + head + b'255\n# a 1 2 3\n' + plain(colour[:4]) + b' # b\n' + plain(colour[4:])
files['p2-comment-in-number.pgm'] = b'P2\n3 1\n255\n1#c\n2 3 4'
files['p3-too-large.ppm'] = b'P3\n1 1\n10\n1 2 11'
files['p3-negative.ppm'] = b'P3\n1 1\n10\n1 -2 1'
files['p3-letters.ppm'] = b'P3\n1 1\n10\n1 x 1'
files['p1-letters.pbm'] = b'P1\n2 1\n1 2'
files['p3-underscore.ppm'] = b'P3\n1 1\n255\n1_0 +2 1'
files['p3-short.ppm'] = b'P3\n' + head + b'255\n' + plain(colour[:4])
files['p3-long.ppm'] = b'P3\n' + head + b'255\n' + plain(colour) + b' 1 2 3'
files['p6-truncated.ppm'] = files['p6.ppm'][:-20]
files['p6-10-truncated.ppm'] = files['p6-10.ppm'][:-20]
files['p6-trailing.ppm'] = files['p6.ppm'] + b'rubbish'
files['p4-truncated.pbm'] = files['p4.pbm'][:-2]
files['ppm-maxval-0.ppm'] = b'P6\n' + head + b'0\n' + colour.astype('u1').tobytes()
files['ppm-maxval-65536.ppm'] = b'P6\n' + head + b'65536\n' + colour.astype('u1').tobytes()
files['ppm-header-ends.ppm'] = b'P6\n13'
files['ppm-header-letters.ppm'] = b'P6\nx 2\n255\n'
files['ppm-header-long.ppm'] = b'P6\n12345678901 2\n255\n'
files['ppm-zero-width.ppm'] = b'P6\n0 2\n255\n'
files['ppm-negative-width.ppm'] = b'P6\n-3 2\n255\n' + bytes(30)
files['ppm-windows-lines.ppm'] = b'P5\r\n13 9\r\n255\r\n' + gray.astype('u1').tobytes()
files['p7.pam'] = b'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n\x42'
files['pf-grey.pfm'] = b'Pf\n' + head + b'-1.0\n' + (values((H, W), 1000) / 7).astype('<f4').tobytes()
files['pf-big.pfm'] = b'Pf\n' + head + b'1.0\n' + (values((H, W), 1000) / 7).astype('>f4').tobytes()
files['pf-colour.pfm'] = b'PF\n' + head + b'-1.0\n' + bytes(W * H * 12)


# TIFF by hand
def tiff(samples, bits, photometric, big=False, format=None, extra=None, tags=(), compression=1, fill=1, planar=1, rows=4, table=None, pages=1, orientation=None, data=None, bigtiff=False):
    e = '>' if big else '<'
    channels = len(bits)
    out = bytearray((b'MM\0*' if big else b'II*\0') + struct.pack(e + 'I', 8))
    for page in range(pages):
        depth = bits[0]
        if data is not None: lines = data
        elif depth < 8:
            raw = packed(samples, depth)
            step = (W * channels * depth + 7) // 8
            lines = [raw[i * (step + 1) + 1:(i + 1) * (step + 1)] for i in range(H)]
        else:
            kind = {1: 'u', 2: 'i', 3: 'f'}[format or 1]
            lines = [r.astype(f'{e}{kind}{depth // 8}').tobytes() for r in (samples + (page if page else 0)).reshape(H, -1)]
        if fill == 2: lines = [bytes(int(format_(b)[::-1], 2) for b in line) for line in lines]
        strips = [b''.join(lines[i:i + rows]) for i in range(0, H, rows)]
        if planar == 2:
            plane = lambda c: [r[:, c].astype(f'{e}u{depth // 8}').tobytes() for r in samples]
            strips = [b''.join(plane(c)[i:i + rows]) for c in range(channels) for i in range(0, H, rows)]
        if compression == 8: strips = [zlib.compress(s) for s in strips]
        if compression == 32773: strips = [b''.join(bytes([len(s[i:i + 128]) - 1]) + s[i:i + 128] for i in range(0, len(s), 128)) for s in strips]
        entries = {256: ('H', [W]), 257: ('H', [H]), 258: ('H', bits), 259: ('H', [compression]), 262: ('H', [photometric]), 273: ('I', None),
                   277: ('H', [channels]), 278: ('H', [rows]), 279: ('I', [len(s) for s in strips])}
        if fill != 1: entries[266] = ('H', [fill])
        if planar != 1: entries[284] = ('H', [planar])
        if orientation: entries[274] = ('H', [orientation])
        if format: entries[339] = ('H', [format] * channels)
        if extra is not None: entries[338] = ('H', extra)
        if table is not None: entries[320] = ('H', table)
        for tag, kind, value in tags: entries[tag] = (kind, value)
        at = len(out)
        size = 2 + 12 * len(entries) + 4
        after = bytearray()
        places = []
        for s in strips: places.append(0)
        body = b''
        entries[273] = ('I', places)
        # Two rounds: places of strips are known once the tail's length is.
        for _ in (0, 1):
            after = bytearray()
            directory = bytearray(struct.pack(e + 'H', len(entries)))
            for tag in sorted(entries):
                kind, value = entries[tag]
                code, step = {'H': (3, 2), 'I': (4, 4), 'B': (1, 1)}[kind]
                raw = struct.pack(f'{e}{len(value)}{kind}', *value)
                directory += struct.pack(e + 'HHI', tag, code, len(value))
                if len(raw) <= 4: directory += raw + b'\0' * (4 - len(raw))
                else:
                    directory += struct.pack(e + 'I', at + size + len(after))
                    after += raw + b'\0' * (len(raw) % 2)
            start = at + size + len(after)
            for i, s in enumerate(strips):
                places[i] = start
                start += len(s) + len(s) % 2
        body = b''.join(s + b'\0' * (len(s) % 2) for s in strips)
        end = at + size + len(after) + len(body)
        directory += struct.pack(e + 'I', end if page + 1 < pages else 0)
        out += directory + after + body
    return bytes(out)


def format_(b): return format(b, '08b')


for big in (False, True):
    o = 'big' if big else 'little'
    for depth in (1, 2, 4, 8, 16):
        for p in (0, 1):
            files[f'tiff-{o}-{depth}-{p}.tif'] = tiff(values((H, W), 1 << depth, 17 if depth == 16 else 1), [depth], p, big)
    files[f'tiff-{o}-int16.tif'] = tiff(values((H, W), 65536, 17) - 32768, [16], 1, big, 2)
    files[f'tiff-{o}-int8.tif'] = tiff(values((H, W), 256) - 128, [8], 1, big, 2)
    files[f'tiff-{o}-int32.tif'] = tiff(values((H, W), 1 << 20, 17) - 500, [32], 1, big, 2)
    files[f'tiff-{o}-uint32.tif'] = tiff(values((H, W), 1 << 20, 17), [32], 1, big)
    files[f'tiff-{o}-uint32-large.tif'] = tiff(values((H, W), 1 << 20, 17) + (1 << 31), [32], 1, big)
    files[f'tiff-{o}-float32.tif'] = tiff((values((H, W), 4000, 17) - 500) / 7, [32], 1, big, 3)
    files[f'tiff-{o}-float32-white.tif'] = tiff((values((H, W), 4000, 17) - 500) / 7, [32], 0, big, 3)
    files[f'tiff-{o}-float64.tif'] = tiff((values((H, W), 4000, 17) - 500) / 7, [64], 1, big, 3)
    files[f'tiff-{o}-float16.tif'] = tiff((values((H, W), 400, 17) - 50) / 7, [16], 1, big, 3)
    files[f'tiff-{o}-rgb16.tif'] = tiff(values((H, W * 3), 65536, 17), [16] * 3, 2, big)
    files[f'tiff-{o}-rgba16.tif'] = tiff(values((H, W * 4), 65536, 17), [16] * 4, 2, big, extra=[2])
    files[f'tiff-{o}-rgba16-premultiplied.tif'] = tiff(values((H, W * 4), 65536, 17), [16] * 4, 2, big, extra=[1])
    files[f'tiff-{o}-rgb.tif'] = tiff(values((H, W * 3)), [8] * 3, 2, big)
for extra in (0, 1, 2):
    files[f'tiff-rgbx-{extra}.tif'] = tiff(values((H, W * 4)), [8] * 4, 2, extra=[extra])
    files[f'tiff-lx-{extra}.tif'] = tiff(values((H, W * 2)), [8] * 2, 1, extra=[extra])
files['tiff-rgba-no-extra.tif'] = tiff(values((H, W * 4)), [8] * 4, 2)
files['tiff-rgb-xx.tif'] = tiff(values((H, W * 5)), [8] * 5, 2, extra=[0, 0])
files['tiff-rgb32f.tif'] = tiff(values((H, W * 3)) / 7, [32] * 3, 2, format=3)
files['tiff-cmyk.tif'] = tiff(values((H, W * 4)), [8] * 4, 5)
files['tiff-cmyk16.tif'] = tiff(values((H, W * 4), 65536, 17), [16] * 4, 5)
files['tiff-lab.tif'] = tiff(values((H, W * 3)), [8] * 3, 8)
files['tiff-ycbcr.tif'] = tiff(values((H, W * 3)), [8] * 3, 6, tags=[(530, 'H', [1, 1])])
for depth in (1, 2, 4, 8):
    files[f'tiff-palette-{depth}.tif'] = tiff(values((H, W), 1 << depth), [depth], 3, table=[int(v) for v in values((3 << depth,), 65536, 17)])
for extra in (0, 1, 2):
    files[f'tiff-palette-extra-{extra}.tif'] = tiff(values((H, W * 2)), [8, 8], 3, extra=[extra], table=[int(v) for v in values((768,), 65536, 17)])
files['tiff-palette-16.tif'] = tiff(values((H, W), 65536), [16], 3, table=[int(v) for v in values((3 << 16,), 65536, 17)][:300])
for compression in (8, 32773):
    files[f'tiff-compressed-{compression}.tif'] = tiff(values((H, W * 3)), [8] * 3, 2, compression=compression)
    files[f'tiff-compressed-{compression}-16.tif'] = tiff(values((H, W), 65536, 17), [16], 1, compression=compression)
    files[f'tiff-compressed-{compression}-16-big.tif'] = tiff(values((H, W), 65536, 17), [16], 1, True, compression=compression)
    files[f'tiff-compressed-{compression}-palette.tif'] = tiff(values((H, W), 16), [4], 3, compression=compression, table=[int(v) for v in values((48,), 65536, 17)])
    files[f'tiff-compressed-{compression}-float.tif'] = tiff((values((H, W), 4000, 17) - 500) / 7, [32], 1, format=3, compression=compression)
for name in ('tiff_lzw', 'tiff_adobe_deflate', 'packbits', 'jpeg'):
    files[f'tiff-saved-{name}.tif'] = saved(smooth('RGB'), 'TIFF', compression=name)
files['tiff-saved-lzw-L.tif'] = saved(smooth('L'), 'TIFF', compression='tiff_lzw')
files['tiff-saved-jpeg-L.tif'] = saved(smooth('L'), 'TIFF', compression='jpeg')
files['tiff-saved-group4.tif'] = saved(smooth('L').convert('1'), 'TIFF', compression='group4')
files['tiff-saved-group3.tif'] = saved(smooth('L').convert('1'), 'TIFF', compression='group3')
files['tiff-saved-predictor.tif'] = saved(smooth('RGB'), 'TIFF', compression='tiff_lzw', tiffinfo={317: 2})
files['tiff-saved-zstd.tif'] = saved(smooth('RGB'), 'TIFF', compression='zstd')
files['tiff-saved-LA.tif'] = saved(smooth('LA'), 'TIFF')
files['tiff-saved-big.tif'] = saved(smooth('RGB'), 'TIFF', big_tiff=True)
files['tiff-fill-2.tif'] = tiff(values((H, W), 2), [1], 1, fill=2)
files['tiff-planar-2.tif'] = tiff(values((H, W, 3)), [8] * 3, 2, planar=2)
files['tiff-planar-2-16.tif'] = tiff(values((H, W, 3), 65536, 17), [16] * 3, 2, planar=2)
files['tiff-pages.tif'] = tiff(values((H, W), 250), [8], 1, pages=3)
files['tiff-one-strip.tif'] = tiff(values((H, W * 3)), [8] * 3, 2, rows=H)
for n in range(1, 10):
    files[f'tiff-orientation-{n}.tif'] = tiff(values((H, W * 3)), [8] * 3, 2, orientation=n)
files['tiff-orientation-6-16.tif'] = tiff(values((H, W), 65536, 17), [16], 1, orientation=6)
files['tiff-orientation-6-palette.tif'] = tiff(values((H, W), 16), [4], 3, orientation=6, table=[int(v) for v in values((48,), 65536, 17)])
files['tiff-orientation-6-deflate.tif'] = tiff(values((H, W * 3)), [8] * 3, 2, orientation=6, compression=8)
files['tiff-icc.tif'] = saved(smooth('RGB'), 'TIFF', icc_profile=SWAPPED)
whole = tiff(values((H, W * 3)), [8] * 3, 2)
files['tiff-truncated.tif'] = whole[:-40]
files['tiff-truncated-directory.tif'] = whole[:60]
files['tiff-truncated-header.tif'] = whole[:6]
files['tiff-compressed-truncated.tif'] = files['tiff-compressed-8.tif'][:-60]
files['tiff-damaged.tif'] = files['tiff-compressed-8.tif'][:-60] + bytes(60)

# Others
files['text.png'] = b'text'
files['empty.png'] = b''
files['svg.png'] = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="red"/></svg>'
files['avif.avif'] = saved(smooth('RGB'), 'AVIF', quality=90)
files['ico.ico'] = saved(rough('RGBA', 16, 16), 'ICO')
files['tga.tga'] = saved(rough('RGB'), 'TGA')
files = {k: v for k, v in files.items() if v is not None}


def hashed(data): return hashlib.sha256(data).hexdigest()[:16]
def error(e): return {'error': type(e).__name__, 'message': re.sub(r'^.*\.cpp:\d+, |<_io.BytesIO object at \w+>', '', str(e).split('\n')[0])}
def tensor(t):
    array = t.contiguous().numpy()
    # PIL's black and white are bytes of 0 and 255, also as truth values.
    if t.dtype == torch.bool: array = array.view(numpy.uint8) != 0
    return [str(t.dtype), list(t.shape), hashed(array.tobytes())]


def attempt(work):
    try: return work()
    except Exception as e: return error(e)


def flat(image):
    """The pixels as they lie, 16 bits least byte first, one byte for a bit."""
    image.load()
    array = numpy.asarray(image)
    if image.mode == '1': array = array.astype(numpy.uint8) * 255
    if array.dtype.byteorder == '>': array = array.astype(array.dtype.newbyteorder('<'))
    return array.tobytes()


def opened(data):
    def work():
        image = Image.open(io.BytesIO(data))
        pixels = hashed(flat(image))
        found = {'mode': image.mode, 'size': list(image.size), 'pixels': pixels}
        for mode in ('L', 'LA', 'RGB', 'RGBA'):
            found[mode] = attempt(lambda: hashed(Image.open(io.BytesIO(data)).convert(mode).tobytes()))
        found['to_tensor'] = attempt(lambda: tensor(F.to_tensor(image)))
        found['pil_to_tensor'] = attempt(lambda: tensor(F.pil_to_tensor(image)))
        return found
    return attempt(work)


def decoded(data):
    if not data: return attempt(lambda: decode_image(torch.zeros(0, dtype=torch.uint8)))
    input = torch.frombuffer(bytearray(data), dtype=torch.uint8)

    def once(byte, *arguments):
        # Memory that is handed out again: what a decoder leaves unwritten shows.
        for size in range(1, 5000): torch.full((size,), byte, dtype=torch.uint8)
        return attempt(lambda: tensor(decode_image(input, *arguments)))

    def stable(*arguments):
        first, second = once(0x55, *arguments), once(0xaa, *arguments)
        return first if first == second else {'unstable': True}

    found = {mode: stable(mode) for mode in ('UNCHANGED', 'GRAY', 'GRAY_ALPHA', 'RGB', 'RGB_ALPHA')}
    found['exif'] = stable('UNCHANGED', True)
    return found


if __name__ == '__main__':
    import base64
    answers = {name: {'file': base64.b64encode(data).decode(), 'pillow': opened(data), 'torchvision': decoded(data)} for name, data in files.items()}
    versions = [f'{m.__name__} {m.__version__.split("+")[0]}' for m in (PIL, torchvision, torch)]
    versions += [f'{name} {PIL.features.version(feature)}' for name, feature in (('libjpeg-turbo', 'libjpeg_turbo'), ('libwebp', 'webp'), ('libtiff', 'libtiff'))]
    out = json.dumps({'versions': versions, 'answers': answers}, separators=(',', ':')).encode()
    with open(sys.argv[1], 'wb') as f: f.write(gzip.compress(out, 9, mtime=0))
    print(len(answers), 'files', len(out), 'bytes', versions)
