import { describe, expect, it } from 'vitest';
import { encoded, idFor, kindOf, secretNameOf, sourceOf, takenApart } from '../src/rules/cameraaddress.ts';

describe('the id of a new camera', () => {
  it('is made of its name, and no other has it', () => {
    expect(idFor('Haustür & Straße', [])).toBe('haustur-strasse');
    expect(idFor('Front door', ['front-door'])).toBe('front-door-2');
    expect(idFor('Front door', ['front-door', 'front-door-2'])).toBe('front-door-3');
  });
  it.each(['🚪', '<b></b>', '  ', '-----', '玄関', 'x'.repeat(300), 'ab '.repeat(100), '"; rm -rf /'])(
    'of %j is one that the config takes',
    (name) => {
      const id = idFor(name, [idFor(name, [])]);
      expect(id).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
      expect(secretNameOf(id)).toMatch(/^[A-Z_][A-Z0-9_]{0,79}$/);
    },
  );
});

describe('the address of a camera in the settings', () => {
  it('has the name of its secret where the password stands', () => {
    expect(sourceOf('rtsp://192.168.1.20/stream1', 'me@home', 's3cret', 'front-door')).toBe(
      'rtsp://me%40home:${CAM_FRONT_DOOR_PASSWORD}@192.168.1.20/stream1',
    );
    expect(sourceOf('rtsp://192.168.1.20/@x', 'me', '', 'a')).toBe('rtsp://me@192.168.1.20/@x');
    expect(sourceOf('rtsp://192.168.1.20/x', '', 's3cret', 'a')).toBe('rtsp://192.168.1.20/x');
    expect(sourceOf('v4l2:///dev/video0', '', '', 'a')).toBe('v4l2:///dev/video0');
  });
  it.each(['@', ':', '/', '#', '%', "p@ss:w/rd#%41?!'()*", 'ü🚪'])(
    'spells the password %j so that it comes back',
    (password) => {
      expect(decodeURIComponent(encoded(password))).toBe(password);
      expect(encoded(password)).toMatch(/^[A-Za-z0-9._~%-]+$/);
      const url = new URL(`http://me:${encoded(password)}@192.168.1.20/`);
      expect(url.hostname).toBe('192.168.1.20');
    },
  );
  it('gives up the user and the password that were typed into it', () => {
    expect(takenApart(' rtsp://me:p%40ss@192.168.1.20/s?x=a@b ')).toEqual({
      address: 'rtsp://192.168.1.20/s?x=a@b',
      user: 'me',
      password: 'p@ss',
    });
    expect(takenApart('rtsp://me:p@ss:w@192.168.1.20:554/s')).toEqual({
      address: 'rtsp://192.168.1.20:554/s',
      user: 'me',
      password: 'p@ss:w',
    });
    expect(takenApart('rtsp://me:50%@[fd00::20]/s').password).toBe('50%');
    expect(takenApart('rtsp://me:a/b@192.168.1.20/s')).toEqual({
      address: 'rtsp://192.168.1.20/s',
      user: 'me',
      password: 'a/b',
    });
    expect(takenApart('192.168.1.20')).toEqual({ address: '192.168.1.20', user: '', password: '' });
    expect(takenApart('rtsp://192.168.1.20/a@b')).toEqual({
      address: 'rtsp://192.168.1.20/a@b',
      user: '',
      password: '',
    });
  });
  it('says who encodes its pictures', () => {
    expect(
      [
        'rtsp://x',
        'rtsps://x',
        'rtmp://x',
        'rtmp-listen://x',
        'demo://',
        'v4l2:///dev/video0',
        'http://x',
      ].map(kindOf),
    ).toEqual(['ip', 'ip', 'ip', 'pushes', 'own', 'own', 'own']);
  });
});
